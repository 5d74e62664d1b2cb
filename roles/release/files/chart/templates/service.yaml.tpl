{{- range $name, $component := .Values.components }}
{{- $slot := $component.track | default "live" }}
{{- $ctx := dict "root" $ "name" $name "component" $component "slot" $slot "track" $slot }}
{{- $ports := $component.ports | default list }}
{{- with $component.service }}
{{- $service := . }}
{{- $public := ne .type "ClusterIP" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "webapp.fullname" $ctx }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .type }}
  selector:
    {{- include "webapp.selector" $ctx | nindent 4 }}
  ports:
    {{- range $index, $port := $ports }}
    {{- if or (eq $index 0) (not $public) }}
    - name: {{ $port.name }}
      port: {{ eq $index 0 | ternary $service.port $port.port }}
      targetPort: {{ $port.name }}
      protocol: {{ $port.protocol | default "TCP" }}
      {{- with $port.appProtocol }}
      appProtocol: {{ . }}
      {{- end }}
      {{- if and (eq $index 0) $service.nodePort }}
      nodePort: {{ $service.nodePort }}
      {{- end }}
    {{- end }}
    {{- end }}
{{- if dig "route" "canary" 0 $component }}
{{- $leads := dig "leads" false ($component.beside | default dict) }}
{{- $to := ternary (dict "root" $ "name" $name "slot" "canary" "track" "canary") $ctx $leads }}
---
# What the route gives to canaries. It leads to those that serve as long as there are none, so that the route's weights can always stay as they are.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "webapp.fullname" $ctx }}-canary
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
    proven.webapp/canary: {{ $leads | quote }}
spec:
  type: ClusterIP
  selector:
    {{- include "webapp.selector" $to | nindent 4 }}
  ports:
    {{- with first $ports }}
    - name: {{ .name }}
      port: {{ $service.port }}
      targetPort: {{ .name }}
      protocol: {{ .protocol | default "TCP" }}
      {{- with .appProtocol }}
      appProtocol: {{ . }}
      {{- end }}
    {{- end }}
{{- end }}
{{- if and $public (gt (len $ports) 1) }}
---
# The other ports, such as one for metrics, aren't for the outside.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "webapp.fullname" $ctx }}-internal
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "webapp.selector" $ctx | nindent 4 }}
  ports:
    {{- range rest $ports }}
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
      protocol: {{ .protocol | default "TCP" }}
      {{- with .appProtocol }}
      appProtocol: {{ . }}
      {{- end }}
    {{- end }}
{{- end }}
{{- end }}
{{- if $component.storage }}
---
# Names the pod of a StatefulSet; it carries no traffic.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "webapp.fullname" $ctx }}-headless
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "webapp.labels" $ctx | nindent 4 }}
spec:
  type: ClusterIP
  clusterIP: None
  selector:
    {{- include "webapp.selector" $ctx | nindent 4 }}
  {{- with $ports }}
  ports:
    {{- range . }}
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .name }}
      protocol: {{ .protocol | default "TCP" }}
      {{- with .appProtocol }}
      appProtocol: {{ . }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
