/** What is summed up, by the names that the tables of sums and {@link bookedUsage} share. */
export const measures = [
  'calls',
  'failed_calls',
  'unpriced_calls',
  'input_tokens',
  'output_tokens',
  'cost_nano',
] as const

/** The last record that the roll-ups hold. */
export const rollupPosition = '(SELECT seq FROM rollup_position WHERE id = 1)'

/** Each record that `condition` holds for, with its dimensions, as the sums of one call. */
export function bookedUsage(condition: string): string {
  return `SELECT settled_at / 86400000 AS day, key_id, end_user, provider, model, tag_1, tag_2, tag_3, tag_4, tag_5,
    CASE WHEN end_user = '' THEN 0 ELSE 1 END AS has_user, 1 AS calls,
    CASE WHEN outcome IN ('ok', 'client_gone') THEN 0 ELSE 1 END AS failed_calls,
    CASE WHEN cost_source = 'unpriced' THEN 1 ELSE 0 END AS unpriced_calls,
    COALESCE(input_tokens, 0) AS input_tokens, COALESCE(output_tokens, 0) AS output_tokens, cost_nano
    FROM call_records WHERE ${condition}`
}

/** The rows of `pending`, which are of {@link bookedUsage}, once for each of their tags. */
export const pendingTags = `(${[1, 2, 3, 4, 5]
  .map((n) => `SELECT day, tag_${n} AS tag, key_id, ${measures.join(', ')} FROM pending WHERE tag_${n} IS NOT NULL`)
  .join(' UNION ALL ')}) AS tagged`
