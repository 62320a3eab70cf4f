namespace Understudy.Simulator.Vendors;

/// <summary>A refusal or a failure, before a vendor gives it its shape.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The vendor's class of error.</param>
/// <param name="Message">What the vendor says, word for word where it is known.</param>
/// <param name="Code">OpenAI: the code. Gemini: the reason of an ErrorInfo.</param>
/// <param name="Param">OpenAI: the field that is wrong.</param>
/// <param name="RetryAfter">When to come again, in seconds.</param>
internal sealed record ApiError(int Status, string Type, string Message, string? Code = null, string? Param = null, double? RetryAfter = null);
