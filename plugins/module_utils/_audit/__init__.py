# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Are the probes in these manifests well designed? Nothing is run and nothing is asked but, for a live namespace, the API server.

documents.py reads text and live.py a namespace; shape.py keeps what has the right types; estate.py puts the objects together;
check_*.py hold one function a rule of rules.py; engine.py runs them, exceptions.py sets aside what is ignored, and output_*.py show it.
"""
