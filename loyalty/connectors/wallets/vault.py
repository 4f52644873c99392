"""The shop's keys, the tokens of its passes and the addresses of phones at rest."""

from loyalty.core.vault import Vault

_vault = Vault("loyalty.connectors.wallets")
locked_away, opened = _vault.locked_away, _vault.opened
