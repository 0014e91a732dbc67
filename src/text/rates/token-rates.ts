import { at } from '../../base/at.ts';
import { emptySurvey, surveyTexts, type TextSurvey } from './survey-text.ts';

/**
 * Tokens per character by kind, of an English vocabulary of 50,000 tokens. They are used until the
 * rates of the tokenizer in use are known. [characterKinds]
 */
const priorRates = [0.95, 0.05, 0.3, 1, 0.85, 0.1, 0.5, 1, 1.4, 1.5, 2, 1.5];
/** A rate of 0 could never be learnt again. */
const leastRate = 0.002;
/** The weight of the initial rates: that of so many characters of each kind. */
const priorCharacters = 2_000;
/** Number of characters of each kind whose tokens count. Older ones fade. */
const keptCharacters = 40_000;
/** After so many rounds the fit changes by less than a hundredth. */
const rounds = 50;

/**
 * Estimates the number of tokens of texts without encoding them. Each kind of characters has a rate
 * of tokens per character, learnt from texts that were encoded. So the rates include the effect of
 * the tokenizer in use and of its normalizing.
 */
export class TokenRates {
  /** Tokens and characters seen, whose ratio is the rate. [characterKinds] */
  readonly #tokens = priorRates.map((rate) => rate * priorCharacters);
  readonly #characters = priorRates.map(() => priorCharacters);

  /** Estimated tokens of texts with this survey, not rounded. */
  estimate(survey: TextSurvey): number {
    return survey.reduce((sum, count, kind) => sum + count * this.#rateOf(kind), 0);
  }

  /** Fits the rates to texts with all kinds of characters. `tokens` has the number of each text. */
  calibrate(texts: readonly string[], tokens: readonly number[]): void {
    const surveys = texts.map((text) => surveyTexts([text]));
    const counts = sum(surveys);
    for (let round = 0; round < rounds; round++) {
      const shares = sum(surveys.map((survey, i) => this.#share(survey, at(tokens, i))));
      shares.forEach((share, kind) => {
        const count = at(counts, kind);
        if (count > 0) {
          this.#tokens[kind] = (priorCharacters * share) / count;
          this.#characters[kind] = priorCharacters;
        }
      });
    }
  }

  /**
   * Learns that texts with this survey had so many tokens. Each character counts `weight` times.
   */
  learn(survey: TextSurvey, tokens: number, weight = 1): void {
    this.#share(survey, tokens).forEach((share, kind) => {
      const characters = at(this.#characters, kind) + weight * at(survey, kind);
      const kept = Math.min(1, keptCharacters / characters);
      this.#characters[kind] = kept * characters;
      this.#tokens[kind] = kept * (at(this.#tokens, kind) + weight * share);
    });
  }

  /**
   * Divides the tokens among the kinds by their expected tokens. This is the expectation step of
   * fitting Poisson rates by expectation maximization.
   */
  #share(survey: TextSurvey, tokens: number): TextSurvey {
    const ratio = tokens / Math.max(this.estimate(survey), leastRate);
    return survey.map((count, kind) => ratio * count * this.#rateOf(kind));
  }

  #rateOf(kind: number): number {
    return Math.max(leastRate, at(this.#tokens, kind) / at(this.#characters, kind));
  }
}

function sum(surveys: readonly TextSurvey[]): TextSurvey {
  return surveys.reduce(
    (total, survey) => total.map((count, kind) => count + at(survey, kind)),
    emptySurvey(),
  );
}
