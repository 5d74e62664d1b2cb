{{- range $name, $component := .Values.components }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- include "webapp.versions" $ctx }}
{{- range $version := $ctx.versions }}
{{- with $version.component.env }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "webapp.workload" $version }}-env
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
data:
  {{- range $key, $value := . }}
  {{ $key | quote }}: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- with $version.component.files }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "webapp.workload" $version }}-files
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
data:
  {{- range $path, $content := . }}
  # {{ $path }}
  {{ include "webapp.fileKey" $path }}: {{ $content | toJson }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
