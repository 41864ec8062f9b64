"""Reports that are filed: the same figures as PDF, as a workbook, as text for spreadsheets, and as data."""
