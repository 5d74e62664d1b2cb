{{- range $name, $component := .Values.components }}
{{- with $component.test }}
{{- $ctx := dict "root" $ "name" $name "component" $component "slot" ($component.track | default "live") "track" "test" "command" .command }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "webapp.fullname" $ctx }}-test
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.podLabels" $ctx | nindent 4 }}
    app.kubernetes.io/managed-by: {{ $.Release.Service }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
    {{- include "webapp.judged" $ctx | nindent 4 }}
spec:
  activeDeadlineSeconds: {{ .timeoutSeconds | default 60 }}
  {{- include "webapp.podSpec" $ctx | nindent 2 }}
{{- end }}
{{- end }}
