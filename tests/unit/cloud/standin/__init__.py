# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-ins of three clouds' APIs, as far as they are asked for anything.

They follow the published schemas: test_schema.py holds their answers, and what they are sent, against the clouds' own libraries.
What they can't show is that the clouds behave as they say.
"""
