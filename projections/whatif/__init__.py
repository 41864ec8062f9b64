"""What if: all history replayed under other rules of payout. What it can't know: docs/whatif.md."""
