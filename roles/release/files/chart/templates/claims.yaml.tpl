{{- range $name, $component := .Values.components }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- range $component.volumes }}
{{- with .claim }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "webapp.fullname" $ctx }}-{{ .name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
  {{- if .keep }}
  annotations:
    # What users made is gone only where somebody has said so.
    helm.sh/resource-policy: keep
  {{- end }}
spec:
  accessModes: [{{ .access }}]
  {{- with .storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .size | quote }}
{{- end }}
{{- end }}
{{- end }}
