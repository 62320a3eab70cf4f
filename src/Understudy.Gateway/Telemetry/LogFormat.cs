namespace Understudy.Gateway.Telemetry;

/// <summary>How the log is written.</summary>
public enum LogFormat
{
    /// <summary>Short lines, for people.</summary>
    Text,

    /// <summary>One JSON object a line, for machines.</summary>
    Json,
}
