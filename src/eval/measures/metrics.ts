/** Measures of one ranking. Grades stand in ranked order; a text without a judgement has grade 0. */

/** 2^grade - 1: Burges et al. 2005 (RankNet), eq. in section 6. trec_eval's default gain is the grade itself. */
export function gain(grade: number): number {
  return grade > 0 ? 2 ** grade - 1 : 0;
}

/** Sum over the first k places p = 1, 2, ... of gain(grade_p) / log2(p + 1). */
export function dcg(grades: readonly number[], k: number): number {
  return grades
    .slice(0, k)
    .reduce((sum, grade, index) => sum + gain(grade) / Math.log2(index + 2), 0);
}

/**
 * DCG over the best DCG that any ranking could have. The ideal is taken over all judged texts of the query, as in
 * trec_eval, whether or not the run found them. 0 when nothing judged is relevant: no ranking can then do better.
 */
export function ndcg(grades: readonly number[], judged: readonly number[], k: number): number {
  const ideal = dcg(
    [...judged].sort((a, b) => b - a),
    k,
  );
  return ideal > 0 ? dcg(grades, k) / ideal : 0;
}

/** 1 / place of the first text with at least the grade `relevantFrom` among the first k places; 0 if there is none. */
export function reciprocalRank(grades: readonly number[], k: number, relevantFrom: number): number {
  const index = grades.slice(0, k).findIndex((grade) => grade >= relevantFrom);
  return index < 0 ? 0 : 1 / (index + 1);
}

/** NaN without values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean of the middle two where the count is even; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return mean(sorted.slice(Math.floor(half), Math.ceil(half) + 1));
}
