# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stream of requests from inside the cluster, while something is changed: pod.py (pure) says what runs, run.py runs it."""
