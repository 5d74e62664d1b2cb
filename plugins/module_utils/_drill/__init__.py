# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills in a clone of a pod.

Pure: model.py (what is planned and recorded), rules.py (what is judged), clone.py, labels.py and depends.py (what is made).
With the cluster: cluster.py (requests), watch.py (what pods do), guard.py (everything goes), scenario.py (one drill), run.py (all of them).
"""
