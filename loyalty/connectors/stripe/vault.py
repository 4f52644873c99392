"""Stripe's keys at rest."""

from loyalty.core.vault import Vault

_vault = Vault("loyalty.connectors.stripe")
locked_away, opened = _vault.locked_away, _vault.opened
