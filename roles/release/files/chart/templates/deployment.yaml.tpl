{{- range $name, $component := .Values.components }}
{{- if and (not $component.storage) (include "webapp.runs" (dict "component" $component)) }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- include "webapp.versions" $ctx }}
{{- range $version := $ctx.versions }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "webapp.workload" $version }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $version | nindent 4 }}
  {{- with include "webapp.workloadAnnotations" $version | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  {{- if not (include "webapp.scaled" $version) }}
  replicas: {{ include "webapp.replicas" $version }}
  {{- end }}
  revisionHistoryLimit: 5
  {{- $strategy := $version.component.strategy | default dict }}
  minReadySeconds: {{ dig "minReadySeconds" 2 $strategy }}
  progressDeadlineSeconds: {{ add 300 (dig "minReadySeconds" 0 $strategy) }}
  strategy:
    {{- if $strategy.recreate }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ dig "maxSurge" 1 $strategy }}
      maxUnavailable: {{ dig "maxUnavailable" 0 $strategy }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "webapp.selector" $version | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "webapp.podLabels" $version | nindent 8 }}
      {{- with include "webapp.podAnnotations" $version | trim }}
      annotations:
        {{- . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "webapp.podSpec" $version | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
