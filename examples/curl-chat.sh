#!/bin/sh
# A question and its answer.
# You see one JSON object: the text is at choices[0].message.content, what it took at usage.
# Run it beside `npm start`: sh examples/curl-chat.sh
curl --silent --show-error --fail-with-body "${WEIR_URL:-http://localhost:8787}/v1/chat/completions" \
  --header "authorization: Bearer ${TOKEN:-none}" \
  --header 'content-type: application/json' \
  --data '{
    "model": "demo/chat",
    "messages": [{ "role": "user", "content": "Hello!" }]
  }'
