#!/bin/sh
# The OpenAI proxy's picture: a prompt alone, everything else by default.
# You see one JSON object: the picture is at data[0].url.
# Run it beside `npm start`: sh examples/legacy/image.sh
curl --silent --show-error --fail-with-body "${WEIR_URL:-http://localhost:8787}/generate-image" \
  --header "authorization: Bearer ${TOKEN:-none}" \
  --header 'content-type: application/json' \
  --data '{
    "prompt": "A white siamese cat",
    "size": "1024x1024"
  }'
