#!/bin/sh
# The same, word by word.
# You see one `data: {…}` line for each word as it comes, the usage after the last one, and `data: [DONE]` at the end.
# Press Ctrl-C in the middle: the provider stops, too.
# Run it beside `npm start`: sh examples/curl-stream.sh
curl --silent --show-error --fail-with-body --no-buffer "${WEIR_URL:-http://localhost:8787}/v1/chat/completions" \
  --header "authorization: Bearer ${TOKEN:-none}" \
  --header 'content-type: application/json' \
  --data '{
    "model": "demo/chat",
    "messages": [{ "role": "user", "content": "Hello!" }],
    "stream": true,
    "stream_options": { "include_usage": true }
  }'
