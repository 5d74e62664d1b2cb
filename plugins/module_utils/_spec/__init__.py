# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory as the interface: reads webapp_*, reports every fault at once, and makes the chart's values.

model.py is what an application is, rules.py what an inventory may say (data), node.py how a value is read,
component.py, probe.py, rollout.py and app.py read, values.py and digest.py hand over to Helm.
"""
