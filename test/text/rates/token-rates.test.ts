import { describe, expect, it } from '@jest/globals';
import { surveyTexts } from '../../../src/text/rates/survey-text.ts';
import { TokenRates } from '../../../src/text/rates/token-rates.ts';

const survey = surveyTexts(['night shift nurse wanted in the surgical ward '.repeat(20)]);

describe('TokenRates', () => {
  it('estimates about one token for an English word before it has learnt anything', () => {
    const estimate = new TokenRates().estimate(survey);
    expect(estimate).toBeGreaterThan(140);
    expect(estimate).toBeLessThan(260);
  });

  it('approaches the tokens that texts really had', () => {
    const rates = new TokenRates();
    for (let i = 0; i < 500; i++) {
      rates.learn(survey, 400);
    }
    expect(rates.estimate(survey)).toBeCloseTo(400, -1);
  });

  it('can learn again after texts without tokens', () => {
    const rates = new TokenRates();
    for (let i = 0; i < 500; i++) {
      rates.learn(survey, 0);
    }
    expect(rates.estimate(survey)).toBeGreaterThan(0);
    for (let i = 0; i < 1500; i++) {
      rates.learn(survey, 200);
    }
    expect(rates.estimate(survey)).toBeCloseTo(200, -1);
  });

  it('is calibrated to the tokens of each text', () => {
    const rates = new TokenRates();
    const texts = ['plain words only here', '12 345 678 90', 'МЕДСЕСТРА в ночную смену'];
    rates.calibrate(texts, [4, 10, 15]);
    const estimates = texts.map((text) => rates.estimate(surveyTexts([text])));
    [4, 10, 15].forEach((tokens, i) => expect(estimates[i]).toBeCloseTo(tokens, -0.5));
  });
});
