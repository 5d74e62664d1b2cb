{{- range $name, $component := .Values.components }}
{{- $slot := $component.track | default "live" }}
{{- $ctx := dict "root" $ "name" $name "component" $component "slot" $slot "track" $slot }}
{{- if and $component.autoscale $component.keda }}
{{- fail (printf "components.%s: autoscale and keda would fight over the number of pods; keep one of them" $name) }}
{{- end }}
{{- with $component.autoscale }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "webapp.workload" $ctx }}
  minReplicas: {{ .min | default 1 }}
  maxReplicas: {{ .max }}
  metrics:
    {{- range $resource, $percent := pick . "cpu" "memory" }}
    - type: Resource
      resource:
        name: {{ $resource }}
        target:
          type: Utilization
          averageUtilization: {{ $percent }}
    {{- end }}
    {{- with .metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .behavior }}
  behavior:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- with $component.keda }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
spec:
  scaleTargetRef:
    name: {{ include "webapp.workload" $ctx }}
  minReplicaCount: {{ .min | default 0 }}
  maxReplicaCount: {{ .max }}
  {{- with .pollingSeconds }}
  pollingInterval: {{ . }}
  {{- end }}
  {{- with .cooldownSeconds }}
  cooldownPeriod: {{ . }}
  {{- end }}
  {{- with .fallback }}
  fallback:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .behavior }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- toYaml . | nindent 8 }}
  {{- end }}
  triggers:
    {{- toYaml .triggers | nindent 4 }}
{{- end }}
{{- end }}
