{{- range $name, $component := .Values.components }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- with $component.monitoring }}
{{- $labels := .labels | default dict }}
{{- if .port }}
{{- /* A StatefulSet has two Services with that port, and would be asked twice. */}}
{{- $services := not (or (empty $component.service) (not (empty $component.storage))) }}
---
apiVersion: monitoring.coreos.com/v1
kind: {{ $services | ternary "ServiceMonitor" "PodMonitor" }}
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- merge (include "webapp.labels" $ctx | fromYaml) $labels | toYaml | nindent 4 }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/instance: {{ $.Release.Name }}
      app.kubernetes.io/component: {{ $name }}
    {{- if and $services (dig "route" "canary" 0 $component) }}
    # Without canaries their Service leads to pods that are asked by the other one.
    matchExpressions:
      - {key: proven.webapp/canary, operator: NotIn, values: ["false"]}
    {{- end }}
  {{ $services | ternary "endpoints" "podMetricsEndpoints" }}:
    - port: {{ .port }}
      path: {{ .path | default "/metrics" | quote }}
      {{- with .interval }}
      interval: {{ . }}
      {{- end }}
{{- end }}
{{- with .alerts }}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "webapp.fullname" $ctx }}-alerts
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- merge (include "webapp.labels" $ctx | fromYaml) $labels | toYaml | nindent 4 }}
spec:
  groups:
    - name: {{ include "webapp.fullname" $ctx }}
      rules:
        {{- toYaml . | nindent 8 }}
{{- end }}
{{- range $dashboard, $content := .dashboards }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "webapp.fullname" $ctx }}-dashboard-{{ $dashboard }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
    # What Grafana's sidecar looks for
    grafana_dashboard: "1"
data:
  {{ $dashboard }}.json: {{ $content | toJson }}
{{- end }}
{{- end }}
{{- end }}
