namespace Understudy.Failures;

/// <summary>The first of the two classifications: at the status line. (The second is at the end of the body: a 200 can still fail.)</summary>
public static class StatusClassifier
{
    /// <summary>What a status that is not 200 means.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="errorType">The error's type in the body, where there is one.</param>
    /// <param name="errorCode">Its finer code.</param>
    /// <param name="message">Its text; looked at for the few cases that nothing else tells, and not kept.</param>
    /// <param name="retryAfter">How long the provider asks to be left alone.</param>
    /// <param name="asAsked">Whether this is the very request that the client made, to the model it named. Only then can
    /// a refusal be its mistake; otherwise it is ours, and another target may take the request.</param>
    public static Failure Classify(
        int status, string? errorType, string? errorCode, string? message, TimeSpan? retryAfter, bool asAsked)
    {
        var kind = KindOf(status, errorType, errorCode, message, asAsked);
        return new(kind, errorType is null || !IsWord(errorType) ? $"status {status}" : $"status {status}, {errorType}")
        {
            Status = status,
            RetryAfter = retryAfter,
        };
    }

    /// <summary>What an error means that was told inside a 200.</summary>
    public static Failure ClassifyInBody(string? errorType, string? errorCode, TimeSpan? retryAfter, bool asAsked)
    {
        var kind = (errorType, errorCode) switch
        {
            ("invalid_request_error" or "INVALID_ARGUMENT", _) or (_, "context_length_exceeded" or "invalid_prompt") =>
                asAsked ? FailureKind.BadRequest : FailureKind.TranslationRefused,
            _ when IsQuota(errorType, errorCode) => FailureKind.QuotaExhausted,
            ("authentication_error" or "permission_error", _) => FailureKind.KeyRejected,
            _ => FailureKind.ErrorInStream,
        };
        return new(kind, errorType is not null && IsWord(errorType) ? $"error in a 200: {errorType}" : "error in a 200")
        {
            RetryAfter = retryAfter,
        };
    }

    private static FailureKind KindOf(int status, string? type, string? code, string? message, bool asAsked) => status switch
    {
        204 => FailureKind.EmptyAnswer,
        >= 200 and < 300 => FailureKind.Garbage,
        >= 300 and < 400 => FailureKind.Redirected,
        401 or 403 => FailureKind.KeyRejected,
        402 => FailureKind.QuotaExhausted,
        408 or 409 or 425 => FailureKind.ProviderError,
        429 when IsQuota(type, code) || IsNoQuotaAtAll(type, message) => FailureKind.QuotaExhausted,
        429 when code == "MODEL_CAPACITY_EXHAUSTED" => FailureKind.Overloaded, // Google's, not the account's
        429 => FailureKind.RateLimited,
        // Anthropic tells an empty account, and Gemini a wrong key, with a 400.
        400 when message?.Contains("credit balance is too low", StringComparison.OrdinalIgnoreCase) == true => FailureKind.QuotaExhausted,
        400 when code == "API_KEY_INVALID" || message?.StartsWith("API key not valid", StringComparison.Ordinal) == true => FailureKind.KeyRejected,
        >= 400 and < 500 => asAsked ? FailureKind.BadRequest : FailureKind.TranslationRefused,
        503 or 529 => FailureKind.Overloaded,
        _ => FailureKind.ProviderError,
    };

    private static bool IsQuota(string? type, string? code) =>
        type is "insufficient_quota" or "billing_error"
        || code is "insufficient_quota" or "enforced_spend_limit_reached" or "billing_hard_limit_reached" or "QUOTA_EXHAUSTED"
        // Gemini's quota ids: one that names a day is an outage of the key until midnight, not a wait.
        || code?.Contains("PerDay", StringComparison.Ordinal) == true || code?.Contains("Daily", StringComparison.Ordinal) == true;

    /// <summary>Gemini's "limit: 0": the account's tier has none of this quota, now or later. (OpenAI once said it of everybody, in an outage.)</summary>
    private static bool IsNoQuotaAtAll(string? type, string? message)
    {
        if (type != "RESOURCE_EXHAUSTED" || message is null) return false;
        const string Words = "limit: 0";
        var at = message.IndexOf(Words, StringComparison.Ordinal);
        return at >= 0 && (at + Words.Length == message.Length || !(char.IsAsciiDigit(message[at + Words.Length]) || message[at + Words.Length] == '.'));
    }

    /// <summary>Only plain words go into a record: an upstream could put anything here.</summary>
    private static bool IsWord(string text) => text.Length <= 40 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
