# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a probe is, what can be wrong with it, and what a verdict is: shared by the audit, the verification and the drill."""
