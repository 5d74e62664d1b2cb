{{- range $name, $component := .Values.components }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- include "webapp.versions" $ctx }}
{{- range $version := $ctx.versions }}
{{- /* Canaries are counted with those that serve: no pod may have two budgets. */}}
{{- if and (include "webapp.runs" $version) (ne $version.slot "canary") (ge (int (include "webapp.most" $version)) 2) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "webapp.workload" $version }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $version | nindent 4 }}
spec:
  {{- toYaml ($version.component.disruption | default (dict "maxUnavailable" 1)) | nindent 2 }}
  # A pod that isn't ready must not keep its node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "webapp.selector" $version | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
