#!/bin/sh
# The OpenAI proxy's first example: messages alone, everything else by default.
# You see one JSON object: the text is at choices[0].message.content.
# Run it beside `npm start`: sh examples/legacy/chat.sh
curl --silent --show-error --fail-with-body "${WEIR_URL:-http://localhost:8787}/" \
  --header "authorization: Bearer ${TOKEN:-none}" \
  --header 'content-type: application/json' \
  --data '{
    "messages": [{ "role": "user", "content": "Hello, how are you?" }]
  }'
