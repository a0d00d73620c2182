#!/bin/sh
# The DeepInfra proxy's chat, word by word.
# You see one `data: {…}` line for each word as it comes, and `data: [DONE]` at the end.
# Run it beside `DEEPINFRA_API_KEY=… npm start`: sh examples/legacy/deepinfra-chat.sh
curl --silent --show-error --fail-with-body --no-buffer "${WEIR_URL:-http://localhost:8787}/v1/chat/completions" \
  --header "authorization: Bearer ${TOKEN:-none}" \
  --header 'content-type: application/json' \
  --data '{
    "model": "deepseek-ai/DeepSeek-V3.1",
    "messages": [{ "role": "user", "content": "Hello!" }],
    "stream": true
  }'
