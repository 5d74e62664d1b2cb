{{- range $name, $component := .Values.components }}
{{- $ctx := dict "root" $ "name" $name "component" $component }}
{{- $port := dig "service" "port" 0 $component }}
{{- with $component.ingress }}
{{- $ingress := . }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
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
  {{- with .class }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    {{- range .hosts }}
    - host: {{ . | quote }}
      http:
        paths:
          {{- range $ingress.paths | default (list "/") }}
          - path: {{ . | quote }}
            pathType: {{ $ingress.pathType | default "Prefix" }}
            backend:
              service:
                name: {{ include "webapp.fullname" $ctx }}
                port:
                  number: {{ $port }}
          {{- end }}
    {{- end }}
  {{- with .tlsSecret }}
  tls:
    - secretName: {{ . }}
      hosts:
        {{- range $ingress.hosts }}
        - {{ . | quote }}
        {{- end }}
  {{- end }}
{{- end }}
{{- with $component.route }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
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
  parentRefs:
    {{- toYaml .parents | nindent 4 }}
  {{- with .hosts }}
  hostnames:
    {{- range . }}
    - {{ . | quote }}
    {{- end }}
  {{- end }}
  rules:
    - matches:
        {{- range .paths | default (list "/") }}
        - path:
            type: PathPrefix
            value: {{ . | quote }}
        {{- end }}
      {{- with .filters }}
      filters:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      backendRefs:
        - name: {{ include "webapp.fullname" $ctx }}
          port: {{ $port }}
          {{- with .canary }}
          weight: {{ sub 100 . }}
        - name: {{ include "webapp.fullname" $ctx }}-canary
          port: {{ $port }}
          weight: {{ . }}
          {{- end }}
      {{- with .timeouts }}
      timeouts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
{{- end }}
