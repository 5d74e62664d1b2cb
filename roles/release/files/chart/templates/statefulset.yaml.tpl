{{- range $name, $component := .Values.components }}
{{- with $component.storage }}
{{- $ctx := dict "root" $ "name" $name "component" $component "slot" "live" "track" "live" }}
---
apiVersion: apps/v1
kind: StatefulSet
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
  serviceName: {{ include "webapp.fullname" $ctx }}-headless
  replicas: {{ include "webapp.replicas" $ctx }}
  revisionHistoryLimit: 5
  minReadySeconds: {{ dig "strategy" "minReadySeconds" 2 $component }}
  # OrderedReady would never replace a pod that can't get ready, not even by a template that could.
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  selector:
    matchLabels:
      {{- include "webapp.selector" $ctx | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "webapp.podLabels" $ctx | nindent 8 }}
      {{- with include "webapp.podAnnotations" $ctx | trim }}
      annotations:
        {{- . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "webapp.podSpec" $ctx | nindent 6 }}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
        labels:
          {{- include "webapp.podLabels" $ctx | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .size | quote }}
{{- end }}
{{- end }}
