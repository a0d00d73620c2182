// Stands in for the types of @whatwg-node/fetch, which bring the DOM's; beside those of Workers they would make every stream and body ambiguous.
export {}
