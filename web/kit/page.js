// What every page has: menus that close, dialogs that open, ages that tick.
