// Asks a gateway with OpenAI's own client for Node, and says what became of each case, one JSON line each:
//
//   node moderate.mjs URL < cases.json
//
// A case: {"what", "key", "body", "headers", "retries", "seconds"}.

import { readFileSync } from 'node:fs';
import OpenAI, { APIConnectionTimeoutError, APIError } from 'openai';

const cases = JSON.parse(readFileSync(0, 'utf8'));

for (const { what, key, body, headers, retries, seconds } of cases) {
  const client = new OpenAI({
    baseURL: `${process.argv[2]}/v1`, apiKey: key, maxRetries: retries, timeout: seconds * 1000,
  });
  let outcome;
  try {
    const answer = await client.moderations.create(body, { headers });
    const [result] = answer.results;
    outcome = {
      ok: true,
      id: answer.id,
      model: answer.model,
      request_id: answer._request_id,
      flagged: answer.results.map((each) => each.flagged),
      true: answer.results.map((each) => Object.keys(each.categories).filter((name) => each.categories[name]).sort()),
      // As a program that was written for them reads it.
      minors: [
        result.categories['sexual/minors'], result.category_scores['sexual/minors'],
        result.category_applied_input_types['sexual/minors'],
      ],
    };
  } catch (error) {
    if (error instanceof APIConnectionTimeoutError) {
      outcome = { ok: false, error: 'timeout' };
    } else if (error instanceof APIError) {
      outcome = {
        ok: false,
        error: error.constructor.name,
        status: error.status,
        type: error.type,
        code: error.code,
        param: error.param,
        message: error.error?.message,
        request_id: error.requestID,
        retry_after: error.headers?.get('retry-after') ?? null,
      };
    } else {
      throw error;
    }
  }
  console.log(JSON.stringify({ what, ...outcome }));
}
