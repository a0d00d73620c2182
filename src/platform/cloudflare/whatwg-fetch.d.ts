// Replaces the types of @whatwg-node/fetch, which include the DOM types. Together with the types of Workers, those
// would make every stream and body ambiguous.
export {}
