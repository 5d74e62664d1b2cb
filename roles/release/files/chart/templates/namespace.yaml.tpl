{{- define "webapp.common" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
{{- with .Values.quota }}
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: {{ $.Release.Name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.common" $ | nindent 4 }}
spec:
  hard:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- with .Values.limits }}
---
apiVersion: v1
kind: LimitRange
metadata:
  name: {{ $.Release.Name }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.common" $ | nindent 4 }}
spec:
  limits:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- range .Values.extraObjects }}
---
{{- $metadata := .metadata }}
{{- $labels := merge (include "webapp.common" $ | fromYaml) ($metadata.labels | default dict) }}
{{- $own := merge (dict "labels" $labels) $metadata (dict "namespace" $.Release.Namespace) }}
{{ merge (dict "metadata" $own) . | toYaml }}
{{- end }}
