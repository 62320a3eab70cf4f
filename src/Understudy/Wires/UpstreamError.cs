namespace Understudy.Wires;

/// <summary>What an upstream's error said, in the words of its protocol. The message may hold content: it never goes to a log.</summary>
/// <param name="Type">The error's type (<c>overloaded_error</c>, <c>insufficient_quota</c>, <c>RESOURCE_EXHAUSTED</c>).</param>
/// <param name="Code">A finer code, where there is one.</param>
/// <param name="Message">Text for people, where there is one. May quote the request.</param>
/// <param name="RetryAfter">A delay told in the body (Gemini's RetryInfo, OpenAI's "try again in 1.2s").</param>
public sealed record UpstreamError(string? Type, string? Code, string? Message, TimeSpan? RetryAfter);
