using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using OpenTelemetry.Metrics;

namespace Understudy.Gateway.Telemetry;

/// <summary>The two ways in which Prometheus reads metrics.</summary>
internal enum ExpositionFormat
{
    /// <summary>Text 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}

/// <summary>
/// Writes metrics as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/ and
/// https://prometheus.io/docs/specs/om/open_metrics_spec/. Names follow OpenTelemetry's rules for Prometheus: dots are
/// underscores, the unit is a suffix, a counter ends in <c>_total</c>.
/// </summary>
internal sealed class Exposition(ExpositionFormat format)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _labels = new();

    /// <summary>The better of the two for what a reader says that it takes. Without a word of it: text.</summary>
    public static ExpositionFormat Negotiate(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var wanted)) return ExpositionFormat.Text;
        double openMetrics = 0, text = 0;
        foreach (var type in wanted)
        {
            var quality = type.Quality ?? 1;
            if (type.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) && Version(type) is null or "1.0.0") openMetrics = Math.Max(openMetrics, quality);
            else if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase)) text = Math.Max(text, quality);
        }

        return openMetrics > 0 && openMetrics >= text ? ExpositionFormat.OpenMetrics : ExpositionFormat.Text;
    }

    /// <summary>The content type of <paramref name="format"/>.</summary>
    public static string ContentType(ExpositionFormat format) => format switch
    {
        ExpositionFormat.Text => "text/plain; version=0.0.4; charset=utf-8",
        ExpositionFormat.OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };

    /// <summary>What a metric is called in Prometheus.</summary>
    public static string NameOf(string instrument, string unit, MetricType type)
    {
        var name = string.Concat(instrument.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_'));
        var suffix = unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (!name.EndsWith(suffix, StringComparison.Ordinal)) name += suffix;
        return IsCounter(type) && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>One metric with all its series.</summary>
    public void Write(Metric metric)
    {
        var name = NameOf(metric.Name, metric.Unit, metric.MetricType);
        var family = format == ExpositionFormat.OpenMetrics && IsCounter(metric.MetricType) ? name[..^"_total".Length] : name;
        var told = false;
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (metric.MetricType == MetricType.DoubleGauge && double.IsNaN(point.GetGaugeLastValueDouble())) continue; // it is gone
            if (!told) Head(family, metric);
            told = true;
            Write(name, metric.MetricType, in point);
        }
    }

    /// <summary>The whole of it.</summary>
    public string End() => (format == ExpositionFormat.OpenMetrics ? _text.Append("# EOF\n") : _text).ToString();

    private void Head(string family, Metric metric)
    {
        var type = IsCounter(metric.MetricType) ? "counter" : metric.MetricType == MetricType.Histogram ? "histogram" : "gauge";
        _text.Append("# HELP ").Append(family).Append(' ');
        Escape(_text, metric.Description, quotes: format == ExpositionFormat.OpenMetrics);
        _text.Append("\n# TYPE ").Append(family).Append(' ').Append(type).Append('\n');
        if (format == ExpositionFormat.OpenMetrics && family.EndsWith("_seconds", StringComparison.Ordinal)) _text.Append("# UNIT ").Append(family).Append(" seconds\n");
    }

    private void Write(string name, MetricType type, in MetricPoint point)
    {
        _labels.Clear();
        foreach (var (key, value) in point.Tags)
        {
            if (_labels.Length > 0) _labels.Append(',');
            _labels.Append(LabelName(key)).Append("=\"");
            Escape(_labels, value?.ToString() ?? "", quotes: true);
            _labels.Append('"');
        }

        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                Sample(name, "", null, Number(point.GetSumLong()));
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                Sample(name, "", null, Number(point.GetSumDouble()));
                break;
            case MetricType.LongGauge:
                Sample(name, "", null, Number(point.GetGaugeLastValueLong()));
                break;
            case MetricType.DoubleGauge:
                Sample(name, "", null, Number(point.GetGaugeLastValueDouble()));
                break;
            case MetricType.Histogram:
                Histogram(name, in point);
                break;
            default:
                break; // exponential histograms have no text form, and none of ours is one
        }
    }

    private void Histogram(string name, in MetricPoint point)
    {
        long sofar = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            sofar += bucket.BucketCount;
            Sample(name, "_bucket", Bound(bucket.ExplicitBound), Number(sofar));
        }

        Sample(name, "_sum", null, Number(point.GetHistogramSum()));
        Sample(name, "_count", null, Number(point.GetHistogramCount()));
    }

    private void Sample(string name, string suffix, string? bound, string value)
    {
        _text.Append(name).Append(suffix);
        if (_labels.Length > 0 || bound is not null)
        {
            _text.Append('{').Append(_labels);
            if (bound is not null) _text.Append(_labels.Length > 0 ? "," : "").Append("le=\"").Append(bound).Append('"');
            _text.Append('}');
        }

        _text.Append(' ').Append(value).Append('\n');
    }

    private static bool IsCounter(MetricType type) => type is MetricType.LongSum or MetricType.DoubleSum;

    private static string? Version(MediaTypeHeaderValue type) => type.Parameters.FirstOrDefault(parameter => parameter.Name == "version")?.Value.ToString();

    private static string LabelName(string key) => string.Concat(key.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A bound is a float in both formats, so that a series stays the same when a reader changes the format.</summary>
    private static string Bound(double bound) => double.IsPositiveInfinity(bound) ? "+Inf" : Math.Floor(bound) == bound ? bound.ToString("0.0", CultureInfo.InvariantCulture) : Number(bound);

    private static void Escape(StringBuilder into, string text, bool quotes)
    {
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => into.Append(@"\\"),
                '\n' => into.Append(@"\n"),
                '"' when quotes => into.Append("\\\""),
                _ => into.Append(char.IsSurrogate(c) ? '\uFFFD' : c),
            };
        }
    }
}
