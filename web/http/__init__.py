"""What any page does with HTTP: headers, limits, languages, forms, refusals, files. No page, no store."""
