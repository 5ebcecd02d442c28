# SPDX-License-Identifier: GPL-2.0-or-later
"""The namespace ring's machinery: cage (isolation), world (topology), peers (server, client, DNS),
scenario (registry and runner)."""
