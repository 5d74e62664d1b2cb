# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How Sphinx makes the documentation site out of what modules and roles say of themselves: make docs."""

project = title = html_title = html_short_title = "proven.webapp"
copyright = "the proven.webapp maintainers"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_theme_options = {"display_version": False, "vcs_pageview_mode": ""}
html_show_sphinx = False
html_copy_source = False
default_role = "any"
suppress_warnings = ["ref.ref", "ref.any"]
"""Pages of Ansible's own site, which isn't asked."""
