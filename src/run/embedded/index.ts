/** The embedded engine: DataFusion 55's answers without DataFusion, for the expressions that it takes. */
export { type BindOptions, canEvaluate, compileExpression, type Evaluator, type Verdict } from './engine.ts';
