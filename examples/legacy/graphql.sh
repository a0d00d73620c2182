#!/bin/sh
# The OpenAI proxy's GraphQL example.
# You see {"data":{"getAIResponse":{…}}} with the text at content and success true.
# Run it beside `npm start`: sh examples/legacy/graphql.sh
curl --silent --show-error --fail-with-body "${WEIR_URL:-http://localhost:8787}/graphql" \
  --header "authorization: Bearer ${TOKEN:-none}" \
  --header 'content-type: application/json' \
  --data '{
    "query": "mutation GetAIResponse($input: ChatInput!) { getAIResponse(input: $input) { id content isUser timestamp success error } }",
    "variables": { "input": { "messages": [{ "role": "user", "content": "Hello, how are you?" }] } }
  }'
