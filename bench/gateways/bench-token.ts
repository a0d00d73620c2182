/** What the load sends as its secret to every gateway. Only Weir looks at it. */
export const benchToken = 'bench-caller-token'
