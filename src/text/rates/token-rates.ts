import { characterKinds, surveyTexts, type TextSurvey } from './survey-text.ts';

/**
 * Tokens per character by kind, of a vocabulary of 50,000 that was made for English: until the tokenizer in use was
 * asked. [characterKinds]
 */
const priorRates = Float64Array.of(0.95, 0.05, 0.3, 1, 0.85, 0.1, 0.5, 1, 1.4, 1.5, 2, 1.5);
/** A kind never has none: it could not be learnt again. */
const leastRate = 0.002;
/** What is known beforehand counts for so many characters of each kind. */
const priorCharacters = 2_000;
/** Of each kind the newest characters count. */
const keptCharacters = 40_000;
/** The fit is settled to a hundredth after so many rounds. */
const rounds = 50;

/**
 * How many tokens texts will be, without encoding them: each kind of characters has a rate of tokens per character,
 * learnt from what was really encoded. So the rates are those of the tokenizer in use, and of texts as its normalizing
 * leaves them.
 */
export class TokenRates {
  /** Tokens seen, over the characters they came from. [characterKinds] */
  readonly #tokens = priorRates.map((rate) => rate * priorCharacters);
  readonly #characters = priorRates.map(() => priorCharacters);

  /** Tokens of texts of this survey; not rounded. */
  estimate(survey: TextSurvey): number {
    return survey.reduce((sum, count, kind) => sum + count * this.#rateOf(kind), 0);
  }

  /** Fits the rates to texts that have all kinds of characters; `tokens` are those of each text. */
  calibrate(texts: readonly string[], tokens: readonly number[]): void {
    const surveys = texts.map((text) => surveyTexts([text]));
    const counts = sum(surveys);
    for (let round = 0; round < rounds; round++) {
      const shares = sum(surveys.map((survey, i) => this.#share(survey, tokens[i] ?? 0)));
      shares.forEach((share, kind) => {
        const count = counts[kind] ?? 0;
        if (count > 0) {
          this.#tokens[kind] = (priorCharacters * share) / count;
          this.#characters[kind] = priorCharacters;
        }
      });
    }
  }

  /** Texts of this survey were so many tokens; each character counts for `weight`. */
  learn(survey: TextSurvey, tokens: number, weight = 1): void {
    this.#share(survey, tokens).forEach((share, kind) => {
      const characters = (this.#characters[kind] ?? 0) + weight * (survey[kind] ?? 0);
      const kept = Math.min(1, keptCharacters / characters);
      this.#characters[kind] = kept * characters;
      this.#tokens[kind] = kept * ((this.#tokens[kind] ?? 0) + weight * share);
    });
  }

  /** Each kind gets the part of the tokens that it was expected to make: expectation maximization of Poisson rates. */
  #share(survey: TextSurvey, tokens: number): Float64Array {
    const ratio = tokens / Math.max(this.estimate(survey), leastRate);
    return survey.map((count, kind) => ratio * count * this.#rateOf(kind));
  }

  #rateOf(kind: number): number {
    return Math.max(leastRate, (this.#tokens[kind] ?? 0) / (this.#characters[kind] ?? 1));
  }
}

function sum(surveys: readonly TextSurvey[]): TextSurvey {
  return surveys.reduce(
    (total, survey) => total.map((count, kind) => count + (survey[kind] ?? 0)),
    new Float64Array(characterKinds.length),
  );
}
