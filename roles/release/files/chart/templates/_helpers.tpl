{{/*
Every template below takes a dict: root (the chart's top-level context), name (the component's), component (its values), and where it is
about pods their slot (live, blue, green or canary) and their track: the slot's own, or run, migrate or test for those that end by themselves.
*/}}

{{/*
Sets `versions`, a list of such dicts: the version that serves, and the one beside it, if there is one. A slot is a workload that a version
runs in, and the track of its pods, which Services choose by. Canaries share the track of those that serve, and with it the requests, but where
a route shares requests by weight: there they have a Service of their own.
*/}}
{{- define "webapp.versions" -}}
{{- $slot := .component.track | default "live" -}}
{{- $versions := list (dict "root" .root "name" .name "component" .component "slot" $slot "track" $slot) -}}
{{- with .component.beside -}}
{{- if eq .track $slot -}}
{{- fail (printf "components.%s.beside.track: %s is the track of the component itself; choose another" $.name $slot) -}}
{{- end -}}
{{- $track := ternary $slot .track (and (eq .track "canary") (not (dig "route" "canary" 0 $.component))) -}}
{{- $versions = append $versions (dict "root" $.root "name" $.name "component" .values "slot" .track "track" $track) -}}
{{- end -}}
{{- $_ := set . "versions" $versions -}}
{{- end }}

{{/* The name of a component's objects. */}}
{{- define "webapp.fullname" -}}
{{ .root.Release.Name }}-{{ .name }}
{{- end }}

{{/* The name of the objects of one of its versions. */}}
{{- define "webapp.workload" -}}
{{ include "webapp.fullname" . }}{{ if ne .slot "live" }}-{{ .slot }}{{ end }}
{{- end }}

{{/* What selects a component's pods of one track: those that migrate or test have tracks of their own and must never get traffic. */}}
{{- define "webapp.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
proven.webapp/track: {{ .track }}
{{- if eq .slot "canary" }}
proven.webapp/canary: "true"
{{- end }}
{{- end }}

{{/* Labels of pods and volume claims: none that a new version of the chart would change, or every release would restart everything. */}}
{{- define "webapp.podLabels" -}}
{{- with .component.labels }}
{{- toYaml . }}
{{ end -}}
app.kubernetes.io/name: {{ .root.Release.Name }}
{{ include "webapp.selector" . }}
{{- end }}

{{/* Labels of all other objects. */}}
{{- define "webapp.labels" -}}
app.kubernetes.io/name: {{ .root.Release.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/*
Findings of kube-score that are decisions here, for every object with pods. Images are pinned, so that what was pulled once is what is meant,
and a registry that is away keeps no pod from starting. User and group 1001 own nothing on a node. Local disk is
bounded by the read-only root file system and the limit of each emptyDir, and a request for it would keep pods off nodes that don't count it.
*/}}
{{- define "webapp.judged" -}}
kube-score/ignore: container-image-pull-policy, container-security-context-user-group-id
{{- if dig "readOnly" true (.component.security | default dict) }}, container-ephemeral-storage-request-and-limit{{ end }}
{{- end }}

{{/* Annotations of a Deployment or StatefulSet; not of its pods. */}}
{{- define "webapp.workloadAnnotations" -}}
{{ include "webapp.judged" . }}
{{- with .root.Values.chartDigest }}
proven.webapp/chart-digest: {{ . | quote }}
{{- end }}
{{- with .component.dependsOn }}
proven.webapp/depends-on: {{ toJson . | quote }}
{{- end }}
{{- with .component.rollout }}
proven.webapp/rollout: {{ toJson . | quote }}
{{- end }}
{{- end }}

{{/* Changes when the ConfigMaps do, and restarts the pods. A changed Secret has another name, which does the same. */}}
{{- define "webapp.podAnnotations" -}}
{{- with .component.annotations }}
{{ toYaml . }}
{{- end }}
{{- if or .component.env .component.files }}
proven.webapp/config-checksum: {{ dict "env" .component.env "files" .component.files | toJson | sha256sum }}
{{- end }}
{{- end }}

{{/* Key of a file in the ConfigMap: paths aren't allowed there. Takes the path. */}}
{{- define "webapp.fileKey" -}}
{{ sha256sum . | trunc 8 }}-{{ base . | replace " " "_" | regexFind "[-._a-zA-Z0-9]*" | trunc 200 }}
{{- end }}

{{/*
When to migrate an upgrade: before it, while the old pods serve. But where no pod of the component serves, there is nothing to protect and
maybe something to repair, such as the database that the migration waits for: then the new objects come first.
*/}}
{{- define "webapp.migrateHook" -}}
{{- $kind := ternary "StatefulSet" "Deployment" (not (empty .component.storage)) -}}
{{- $live := lookup "apps/v1" $kind .root.Release.Namespace (include "webapp.workload" .) | default dict -}}
{{- if and .root.Release.IsUpgrade (not (dig "status" "availableReplicas" 0 $live)) -}}
post-install,post-upgrade
{{- else -}}
post-install,pre-upgrade
{{- end -}}
{{- end }}

{{/* How many pods; 0 is an answer, so it can't have `default`. */}}
{{- define "webapp.replicas" -}}
{{ ternary .component.replicas 1 (hasKey .component "replicas") }}
{{- end }}

{{/* How many there are at most. */}}
{{- define "webapp.most" -}}
{{ max (int (include "webapp.replicas" .)) (int (dig "autoscale" "max" 0 .component)) (int (dig "keda" "max" 0 .component)) }}
{{- end }}

{{/* Set where an autoscaler decides on the number of pods: then nobody else may. */}}
{{- define "webapp.scaled" -}}
{{- if or .component.autoscale .component.keda }}yes{{ end -}}
{{- end }}

{{/* Long-running components have a Deployment or a StatefulSet, the others Jobs. */}}
{{- define "webapp.runs" -}}
{{- if has .component.kind (list "web" "worker") }}yes{{ end -}}
{{- end }}

{{/* One of its own comes with the release: a migration that runs before that has to do without. */}}
{{- define "webapp.serviceAccount" -}}
{{- $own := hasKey .component "serviceAccount" -}}
{{- if and $own (eq .track "migrate") .root.Release.IsUpgrade -}}
{{- $own = not (empty (lookup "v1" "ServiceAccount" .root.Release.Namespace (include "webapp.fullname" .))) -}}
{{- end -}}
{{- if $own }}{{ include "webapp.fullname" . }}{{ else }}{{ .root.Release.Name }}{{ end -}}
{{- end }}

{{/* What each container of the pod has mounted: they share all of it. */}}
{{- define "webapp.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- range $index, $path := .component.writable }}
- name: writable-{{ $index }}
  mountPath: {{ $path | quote }}
{{- end }}
{{- if and .component.files (ne .track "migrate") }}
{{- range $path, $content := .component.files }}
- name: files
  mountPath: {{ $path | quote }}
  subPath: {{ include "webapp.fileKey" $path }}
  readOnly: true
{{- end }}
{{- end }}
{{- range .component.volumes }}
{{- $name := .name }}
{{- if or .early (ne $.track "migrate") }}
{{- range .mounts }}
- name: {{ $name }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .component.storage (not (has .track (list "migrate" "test"))) }}
- name: data
  mountPath: {{ .component.storage.path | quote }}
{{- end }}
{{- end }}

{{- define "webapp.containerSecurity" -}}
{{- $security := .component.security | default dict -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ dig "readOnly" true $security }}
capabilities:
  drop: [ALL]
  {{- with $security.capabilities }}
  add:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/*
The pod. Those of the tracks migrate and test bring a command of their own; they and those of the track run end by themselves.
*/}}
{{- define "webapp.podSpec" -}}
{{- $component := .component -}}
{{- $workload := include "webapp.workload" . -}}
{{- $live := not (has .track (list "migrate" "test")) -}}
{{- $ends := has .track (list "run" "migrate" "test") -}}
{{- $files := and $component.files (ne .track "migrate") -}}
{{- $security := $component.security | default dict -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
serviceAccountName: {{ include "webapp.serviceAccount" . }}
automountServiceAccountToken: {{ dig "serviceAccount" "token" false $component }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $component.terminationGraceSeconds | default 30 }}
{{- if $ends }}
restartPolicy: Never
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $security.user | default 1001 | int64 }}
  runAsGroup: {{ $security.group | default 1001 | int64 }}
  fsGroup: {{ $security.fsGroup | default $security.group | default 1001 | int64 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with $component.pod }}
{{ toYaml . }}
{{- end }}
{{- $spread := $component.spread | default "soft" }}
{{- if and (not $ends) (not $component.storage) (ne $spread "none") (gt (int (include "webapp.most" .)) 1) }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ eq $spread "hard" | ternary "DoNotSchedule" "ScheduleAnyway" }}
    labelSelector:
      matchLabels:
        {{- include "webapp.selector" $ | nindent 8 }}
    # the new pods spread among themselves, whatever the old ones do
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- $beside := list }}
{{- range $component.containers }}
{{- /* What goes on beside a program may be its way to the database, which a migration needs too. */}}
{{- if or $live .restartPolicy }}
{{- $beside = append $beside . }}
{{- end }}
{{- end }}
{{- with $beside }}
initContainers:
  {{- range . }}
  - {{- toYaml (omit . "resources") | nindent 4 }}
    imagePullPolicy: IfNotPresent
    resources:
      {{- toYaml (.resources | default $.root.Values.defaults.resources) | nindent 6 }}
    securityContext:
      {{- include "webapp.containerSecurity" $ | nindent 6 }}
    volumeMounts:
      {{- include "webapp.mounts" $ | nindent 6 }}
  {{- end }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ $component.image | quote }}
    imagePullPolicy: IfNotPresent
    {{- if $live }}
    {{- with $component.command }}
    command:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $component.args }}
    args:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $component.ports }}
    ports:
      {{- range . }}
      - name: {{ .name }}
        containerPort: {{ .port }}
        protocol: {{ .protocol | default "TCP" }}
      {{- end }}
    {{- end }}
    {{- else }}
    command:
      {{- toYaml .command | nindent 6 }}
    {{- end }}
    {{- $inline := and $component.env (eq .track "migrate") }}
    {{- $asked := and $component.service (eq .track "test") }}
    {{- if or $inline $asked $component.envSources }}
    env:
      {{- if $inline }}
      # Written out: before an upgrade the ConfigMap is still the old one. "$$" is a plain "$" to Kubernetes.
      {{- range $key, $value := $component.env }}
      - name: {{ $key | quote }}
        value: {{ $value | replace "$" "$$" | quote }}
      {{- end }}
      {{- end }}
      {{- if $asked }}
      - name: SERVICE_URL
        value: http://{{ include "webapp.fullname" $ }}:{{ $component.service.port }}
      {{- end }}
      {{- with $component.envSources }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
    {{- $map := and $component.env (ne .track "migrate") }}
    {{- if or $component.secretName $component.envFrom $map }}
    envFrom:
      {{- if $map }}
      - configMapRef:
          name: {{ $workload }}-env
      {{- end }}
      {{- with $component.envFrom }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with $component.secretName }}
      - secretRef:
          name: {{ . }}
      {{- end }}
    {{- end }}
    {{- if not $ends }}
    {{- with $component.probes }}
    {{- with .startup }}
    startupProbe:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .liveness }}
    livenessProbe:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .readiness }}
    readinessProbe:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- end }}
    {{- $first := $component.preStop | default dict }}
    {{- if or $first (and $component.service (not $component.storage)) }}
    lifecycle:
      preStop:
        {{- if $first.command }}
        exec:
          command:
            {{- toYaml $first.command | nindent 12 }}
        {{- else }}
        # Requests still come until every node knows that this pod is going.
        sleep:
          seconds: {{ $first.seconds | default 5 }}
        {{- end }}
    {{- end }}
    {{- end }}
    resources:
      {{- toYaml ($component.resources | default .root.Values.defaults.resources) | nindent 6 }}
    securityContext:
      {{- include "webapp.containerSecurity" . | nindent 6 }}
    volumeMounts:
      {{- include "webapp.mounts" . | nindent 6 }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 1Gi
  {{- range $index, $path := .component.writable }}
  - name: writable-{{ $index }}
    emptyDir:
      sizeLimit: 1Gi
  {{- end }}
  {{- if $files }}
  - name: files
    configMap:
      name: {{ $workload }}-files
  {{- end }}
  {{- range $component.volumes }}
  {{- if or .early (ne $.track "migrate") }}
  - name: {{ .name }}
    {{- if .claim }}
    persistentVolumeClaim:
      claimName: {{ include "webapp.fullname" $ }}-{{ .claim.name }}
    {{- else }}
    {{- toYaml .source | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- end }}
{{- end }}
