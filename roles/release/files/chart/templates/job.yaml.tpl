{{- range $name, $component := .Values.components }}
{{- $ctx := dict "root" $ "name" $name "component" $component "slot" "live" "track" "run" }}
{{- $job := $component.job | default dict }}
{{- if eq $component.kind "job" }}
{{- $pod := include "webapp.podSpec" $ctx | fromYaml }}
---
# Its pods can't be changed once it is there: what is changed is another Job, and runs; what isn't doesn't run again.
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "webapp.fullname" $ctx }}-{{ list $pod $job $component.env $component.files | toJson | sha256sum | trunc 8 }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
  annotations:
    {{- include "webapp.judged" $ctx | nindent 4 }}
spec:
  {{- include "webapp.jobSpec" $ctx | nindent 2 }}
{{- else if eq $component.kind "cron" }}
{{- $cron := $component.cron }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
  {{- with include "webapp.workloadAnnotations" $ctx | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  schedule: {{ $cron.schedule | quote }}
  {{- with $cron.timeZone }}
  timeZone: {{ . }}
  {{- end }}
  concurrencyPolicy: {{ $cron.concurrency | default "Forbid" }}
  suspend: {{ $cron.suspend | default false }}
  # A run that couldn't begin in time begins late rather than not at all, but not together with the next one.
  startingDeadlineSeconds: {{ $cron.startingDeadlineSeconds | default 300 }}
  successfulJobsHistoryLimit: {{ dig "keepSuccessful" 3 $cron }}
  failedJobsHistoryLimit: {{ dig "keepFailed" 3 $cron }}
  jobTemplate:
    metadata:
      labels:
        {{- include "webapp.podLabels" $ctx | nindent 8 }}
    spec:
      {{- include "webapp.jobSpec" $ctx | nindent 6 }}
{{- end }}
{{- end }}
{{- define "webapp.jobSpec" -}}
{{- $job := .component.job | default dict -}}
backoffLimit: {{ dig "retries" 3 $job }}
activeDeadlineSeconds: {{ $job.timeoutSeconds | default 3600 }}
{{- with $job.parallelism }}
parallelism: {{ . }}
{{- end }}
{{- with $job.completions }}
completions: {{ . }}
{{- end }}
template:
  metadata:
    labels:
      {{- include "webapp.podLabels" . | nindent 6 }}
    {{- with include "webapp.podAnnotations" . | trim }}
    annotations:
      {{- . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "webapp.podSpec" . | nindent 4 }}
{{- end }}
