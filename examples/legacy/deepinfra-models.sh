#!/bin/sh
# The DeepInfra proxy's list of models.
# You see {"object":"list","data":[…]} with the 23 models, and every other one that you have configured.
# Run it beside `DEEPINFRA_API_KEY=… npm start`: sh examples/legacy/deepinfra-models.sh
curl --silent --show-error --fail-with-body "${WEIR_URL:-http://localhost:8787}/v1/models" \
  --header "authorization: Bearer ${TOKEN:-none}"
