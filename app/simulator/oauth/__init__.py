"""From an app's link to its tokens: `authorize`, `pages`, `token`, and `grants` beneath them."""
