{{- if .Values.components }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "webapp.common" . | nindent 4 }}
automountServiceAccountToken: false
{{- end }}
{{- range $name, $component := .Values.components }}
{{- if hasKey $component "serviceAccount" }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- $account := $component.serviceAccount }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
  {{- with $account.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- with $account.rules }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
rules:
  {{- toYaml . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "webapp.fullname" $ctx }}
subjects:
  - kind: ServiceAccount
    name: {{ include "webapp.fullname" $ctx }}
    namespace: {{ $.Release.Namespace }}
{{- end }}
{{- end }}
{{- end }}
