/**
 * Measures of one ranking, given the grades of its texts in ranked order. A text without a
 * judgement has grade 0.
 */

/**
 * 2^grade - 1, as in section 6 of Burges et al. 2005 (RankNet). The default gain of trec_eval is
 * the grade itself.
 */
export function gain(grade: number): number {
  return grade > 0 ? 2 ** grade - 1 : 0;
}

/** The sum over places p = 1 to k of gain(grade_p) / log2(p + 1). */
export function dcg(grades: readonly number[], k: number): number {
  return grades
    .slice(0, k)
    .reduce((sum, grade, index) => sum + gain(grade) / Math.log2(index + 2), 0);
}

/**
 * DCG divided by the largest possible DCG. That one is over all judged texts of the query, as in
 * trec_eval, whether or not the run contains them. 0 when no judged text is relevant.
 */
export function ndcg(grades: readonly number[], judged: readonly number[], k: number): number {
  const ideal = dcg(
    [...judged].sort((a, b) => b - a),
    k,
  );
  return ideal > 0 ? dcg(grades, k) / ideal : 0;
}

/**
 * 1 / place of the first text with a grade of at least `relevantFrom` in the first k places, else
 * 0.
 */
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
