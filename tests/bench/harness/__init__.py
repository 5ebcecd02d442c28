# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/bench/run is made of."""
