"""From an executed notebook to HTML, PDF, Word, and Excel."""
