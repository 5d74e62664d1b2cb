{{- range $name, $component := .Values.components }}
{{- /* The version that comes migrates; where the one beside only waits, the component's own has done so. */}}
{{- $beside := $component.beside | default dict }}
{{- $new := ternary $beside.values (ternary dict $component (not (empty $beside))) (default false $beside.comes) }}
{{- with $new.migrate }}
{{- $slot := $component.track | default "live" }}
{{- $ctx := dict "root" $ "name" $name "component" $new "slot" $slot "track" "migrate" "command" .command }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "webapp.fullname" $ctx }}-migrate
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
  annotations:
    helm.sh/hook: {{ include "webapp.migrateHook" $ctx }}
    # It stays until the next one, for its log.
    helm.sh/hook-delete-policy: before-hook-creation
    {{- include "webapp.judged" $ctx | nindent 4 }}
    {{- with $new.rollout }}
    proven.webapp/rollout: {{ toJson . | quote }}
    {{- end }}
spec:
  # Tries again while the database comes up, until the deadline.
  backoffLimit: 6
  activeDeadlineSeconds: {{ .timeoutSeconds | default 300 }}
  # One whose node is drained has not failed, and there are never two at a time: the next try waits for the end of the one before.
  podReplacementPolicy: Failed
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
  template:
    metadata:
      labels:
        {{- include "webapp.podLabels" $ctx | nindent 8 }}
    spec:
      # A try that hangs ends before the Job does, which would take its log along.
      activeDeadlineSeconds: {{ max 1 (sub (.timeoutSeconds | default 300) 5) }}
      {{- include "webapp.podSpec" $ctx | nindent 6 }}
{{- end }}
{{- end }}
